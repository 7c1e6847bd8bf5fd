// Room: HistoryStore.
