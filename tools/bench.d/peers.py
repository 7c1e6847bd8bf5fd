"""Other stores that are given memory images one after another, and what each image costs them on disk."""

import shutil

from measuring import Finished, folder_bytes


class Peer:
    """A store of images in a folder of its own; `sizes` and `seconds` have an entry for each image."""

    name = ""
    program = ""
    environment = {}

    def __init__(self, folder):
        self.home, self.repository = folder / f"{self.program}.home", folder / self.program
        self.sizes, self.seconds = [], []
        self.home.mkdir(parents=True)
        self.prepare()

    @classmethod
    def is_installed(cls):
        return shutil.which(cls.program) is not None

    def prepare(self):
        pass

    def run(self, *arguments, folder=None):
        return Finished([self.program, *arguments], {**self.environment, "HOME": str(self.home)}, folder)

    def keep(self, image, previous, number):
        self.seconds.append(self.store(image, previous, number).seconds)
        self.sizes.append(folder_bytes(self.repository))

    @property
    def grown_bytes(self):
        """Beyond the first image."""
        return self.sizes[-1] - self.sizes[0]


class Borg(Peer):
    name = "borg, fixed 4 KiB chunks, zstd 1"
    program = "borg"
    environment = {"BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def prepare(self):
        self.environment = {**self.environment, "BORG_BASE_DIR": str(self.home)}
        self.run("init", "--encryption", "none", self.repository)

    def store(self, image, previous, number):
        options = ["--chunker-params", "fixed,4096", "--sparse", "--compression", "zstd,1"]
        return self.run("create", *options, f"{self.repository}::{number}", image.name, folder=image.parent)


class Restic(Peer):
    name = "restic, its own settings"
    program = "restic"
    environment = {"RESTIC_PASSWORD": "images"}

    def prepare(self):
        self.environment = {**self.environment, "RESTIC_CACHE_DIR": str(self.home)}
        self.run("init", "--quiet", "--repo", self.repository)

    def store(self, image, previous, number):
        return self.run("backup", "--quiet", "--repo", self.repository, image.name, folder=image.parent)


class ZstdPatch(Peer):
    name = "zstd -3 --patch-from, image to image"
    program = "zstd"

    def prepare(self):
        self.repository.mkdir()

    def store(self, image, previous, number):
        """A window of 2^28 bytes holds all of an image."""
        base = [f"--patch-from={previous}"] if previous else []
        return self.run("-q", "-3", "--long=28", *base, image, "-o", self.repository / str(number))


PEERS = [Borg, Restic, ZstdPatch]
