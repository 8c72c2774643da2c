"""The whole way of a punch while everything on it is killed, and the code changed so that the tests must notice."""
