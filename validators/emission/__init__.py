"""From Inductor's text to a pair: plain launches, readable names, arguments bound by identity, labels."""
