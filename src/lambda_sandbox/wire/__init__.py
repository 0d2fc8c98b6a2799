"""HTTP and AWS's wire formats, free of any service: requests, routing, parsing, serialising."""
