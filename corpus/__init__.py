"""The labelled training mails. Data only; the data card is README.md."""
