"""What the screens are made of; a widget draws what it is given and posts what the person did."""
