"""What can be read out of a mail: numbers, days, places, attachments."""
