"""What a shop must not miss: alarming words, bursts, open cases and offers, disguised returns, audits, bans."""
