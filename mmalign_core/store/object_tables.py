"""LanceDB tables of the store on object storage (s3://): open, create, remove and compact.

Each commit is a conditional write of a new manifest, so that writers on several machines never overwrite one another.
The endpoint and the credentials come from the usual variables: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, …
"""

from __future__ import annotations

import re
from typing import Any

from mmalign_core.store.places import storage_options
from mmalign_core.store.tables import compact

_LIMITS = {"client_max_retries": "3", "client_retry_timeout": "15", "connect_timeout": "5s", "timeout": "60s"}
"""Lance's options of retries and time. Chosen: a storage that is gone is reported within half a minute, not minutes."""


class ObjectTables:
    """The LanceDB tables below the address `database`. Call all methods inside `explained`."""

    def __init__(self, database: str) -> None:
        self.database = database

    def location(self, name: str) -> str:
        """The address of the table `name`."""
        return f"{self.database}/{name}.lance"

    def options(self) -> dict[str, str]:
        """Options with which Lance opens the location."""
        return storage_options(_LIMITS)

    def names(self) -> list[str]:
        """Sorted names of the tables."""
        return sorted(self._connect().table_names(limit=None))

    def holds(self, name: str) -> bool:
        """Whether there is a table of that name."""
        return name in self.names()

    def open(self, name: str) -> Any | None:
        """The newest version of the table; None if there is none."""
        try:
            return self._connect().open_table(name)
        except ValueError as error:
            if re.search(r"Table '.*' was not found", str(error)):
                return None
            raise

    def bytes(self, name: str) -> int:
        """Bytes of the table's data files."""
        return int(self._connect().open_table(name).stats()["total_bytes"])

    def remove(self, name: str) -> None:
        """Delete a table."""
        self._connect().drop_table(name)

    def opened(self, name: str, schema: Any) -> Any:
        """The table, which is created on first use. If several processes create it, the first wins."""
        table = self.open(name)
        if table is not None:
            return table
        try:
            return self._connect().create_table(name, schema=schema)
        except ValueError as error:
            if "already exists" not in str(error):
                raise
            return self._connect().open_table(name)

    def tidy(self, table: Any, first: bool) -> None:
        """Compact a table with many small fragments, and delete its old versions."""
        compact(table)

    def _connect(self) -> Any:
        import lancedb

        return lancedb.connect(self.database, storage_options=self.options())
