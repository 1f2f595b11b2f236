"""What we know, with its age: pollers fill it, the store keeps it, screens and one-shots read it."""
