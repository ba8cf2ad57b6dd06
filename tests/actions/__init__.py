"""The actions, one test module each, with fakes for the ports."""
