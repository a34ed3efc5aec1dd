"""The wire format: dora events to records, records to Arrow arrays with metadata."""
