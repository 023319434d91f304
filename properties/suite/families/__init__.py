"""Tests beyond the alphabets: other octets, other contexts, other times, other keys, other borders, by family."""
