"""The report: an item a row, made from the checkpoint alone."""
