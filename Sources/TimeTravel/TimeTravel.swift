// Room: TimeTravel.
