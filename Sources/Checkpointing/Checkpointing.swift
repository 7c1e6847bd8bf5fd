// Room: Checkpointing.
