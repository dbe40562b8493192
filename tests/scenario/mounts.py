"""A mount name space for the programs of one test."""
import subprocess

import pytest


def mounts_of_its_own(site, mounting, *arguments):
    """What the site starts from now on has a mount name space of its own, in which the shell text
    @mounting was run with @arguments ($0 is the first). Whoever runs the test stays who it is."""
    site.wrapper = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c",
                    f'{mounting} && exec setpriv --inh-caps=-all --ambient-caps=-all "$@"',
                    *map(str, arguments)]
    if subprocess.run([*site.wrapper, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel or sandbox allows no mounts of one's own (unshare)")
