"""The embedding family: closed-form and adversarial maps into a shared space."""
