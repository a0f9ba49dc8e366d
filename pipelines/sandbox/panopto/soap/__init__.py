"""SessionManagement 4.6, Panopto's SOAP service: what REST cannot change about a session.

`contract` says which operations there are and of what shape, `wsdl` publishes it, `wire` reads and writes
envelopes by it, `service` does what an operation asks for, `endpoint` is the address.
"""
