"""The fault campaign: which faults there are, which tests show that each is survived, what came of it."""
