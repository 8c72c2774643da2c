"""The whole way of a punch: real terminal protocol, real `ketuk run` process, real broker, a centre that judges."""
