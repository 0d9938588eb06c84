"""What HTTP clients of hubs on this machine share."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify` of a client that never speaks TLS: otherwise each one reads all the certificates there are."""
