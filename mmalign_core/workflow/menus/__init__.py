"""What can be chosen here: everything registered, the models of this machine, what a name stands for."""
