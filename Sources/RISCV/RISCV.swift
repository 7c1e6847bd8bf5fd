// Room: RISCV.
