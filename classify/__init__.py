"""From a parsed mail to a judgement: channel, concerns, announced or asked, facts, how sure."""
