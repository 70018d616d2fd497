"""The platform's score: rule sets as reviewed data, and the plan that reaches a target."""
