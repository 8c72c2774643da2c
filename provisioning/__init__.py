"""Keys, images and everything else that makes a bare device one of an office."""
