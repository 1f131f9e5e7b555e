"""The libraries, and how a program that measures one is started and spoken to."""

import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
IMAGES = "/usr/share/datasets/fashion-mnist"

# Set for one library or another, these would decide the kernels or threads of a peer.
FOREIGN = ("OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "BLIS_", "MKL_", "DNNL_", "ONEDNN_",
           "NVPL_", "ATEN_", "VECLIB_", "NUMEXPR_")


# For runners. Without it glibc gives the buffers that a framework frees in each step back to
# the system, or does not, as the heap happens to lie: its times then differ threefold.
KEEP_FREED = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000",
              "MALLOC_TOP_PAD_": "67108864"}


class Missing(Exception):
    """A library that cannot be measured here; says why."""


class Peer:
    """A library. `blas` is the shared library of a BLAS, `path` what goes in front of the
    library path, `settle` the seconds for which its threads go on spinning after a call.
    The results of those that are not `compared` are not those of the others. `parts` are
    the shared libraries of whose sizes the size is the sum, as the runner is linked with
    them; "" is the runner itself, where the library is all headers."""

    def __init__(self, name, program, groups, blas=None, path=None, settle=0.01,
                 compared=True, most_operations=None, most_threads=None, parts=()):
        self.name, self.program, self.groups = name, program, groups
        self.blas, self.path, self.settle = blas, path, settle
        self.compared, self.most_operations = compared, most_operations
        self.most_threads, self.parts = most_threads, parts

    def label(self, group):
        """What the results call it: on a BLAS, networks are the thin one."""
        return f"thin+{self.name}" if self.blas and group != "sgemm" else self.name

    def command(self, what, folder, python, threads):
        """The command of the runner (what = "run") or of the job ("job")."""
        script = os.path.join(HERE, f"{what}_{self.program}.py")
        program = os.path.join(folder, f"{what}_{self.program}")
        if os.path.exists(script):
            command = [python, script, str(threads)]
        elif os.path.exists(program):
            command = [program, str(threads)]
        else:
            raise Missing(f"{program} was not built")
        if what == "job":
            if not os.path.isdir(IMAGES):
                raise Missing(f"there is no {IMAGES}")
            command.append(IMAGES)
        return command + ([self.blas] if self.blas else [])

    def files(self, folder):
        """The paths of its parts."""
        program = os.path.join(folder, f"run_{self.program}")
        if not os.path.exists(program):
            raise Missing(f"{program} was not built")
        linked = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True,
                                check=True).stdout
        return [re.search(rf"^\s*{part}\.so\S* => (\S+)", linked, re.M).group(1) if part
                else program for part in self.parts]

    def environment(self, threads):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(FOREIGN)}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
            kept[name] = str(threads)
        if self.path:
            kept["LD_LIBRARY_PATH"] = ":".join(
                filter(None, [self.path, kept.get("LD_LIBRARY_PATH")]))
        return kept


def _debian(folder, library):
    """A library of a Debian package that is not the default of its alternative."""
    found = sorted(glob.glob(f"/usr/lib/*/{folder}/{library}"))
    return found[0] if found else f"/usr/lib/{folder}/{library}"


def known():
    """All peers by name. OpenBLAS is built with OpenMP, so that its threads and those of the
    thin network's loops are the same; PyTorch needs that build for the same reason."""
    networks = ("step", "infer")
    openmp = _debian("openblas-openmp", "libopenblas.so.0")
    torch = {"path": os.path.dirname(openmp)}
    peers = [
        Peer("libnn", "nn", ("sgemm", "job") + networks, parts=("libnn",)),
        Peer("peak", "peak", ("sgemm",), compared=False, most_threads=1),
        Peer("openblas", "blas", ("sgemm",) + networks, blas=openmp),
        Peer("blis", "blas", ("sgemm",) + networks,
             blas=_debian("blis-openmp", "libblis.so.4")),
        Peer("onednn", "blas", ("sgemm", "job") + networks, blas="libdnnl.so.2"),
        Peer("libtorch", "libtorch", networks, parts=("libtorch_cpu", "libc10"),
             **torch),
        Peer("pytorch", "pytorch", ("job",) + networks, **torch),
        Peer("fann", "fann", networks, compared=False, most_operations=10 ** 9,
             most_threads=1, parts=("libfloatfann",)),
        Peer("tinydnn", "tinydnn", networks, most_operations=10 ** 9, most_threads=1,
             parts=("",)),
        # Only where they are asked for by name:
        Peer("openblas-pthread", "blas", (), settle=0.04,
             blas=_debian("openblas-pthread", "libopenblas.so.0")),
    ]
    return {peer.name: peer for peer in peers}


def chosen(names):
    """The peers of these names; those of every day where there are none. libnn@FOLDER is
    another build of libnn, for a comparison of two."""
    everyone = known()
    if not names:
        return [peer for peer in everyone.values() if peer.groups]
    peers = []
    for name in dict.fromkeys(["libnn"] + names):
        kind, _, folder = name.partition("@")
        if kind == "libnn" and folder:
            peers.append(Peer(name, "nn", everyone["libnn"].groups,
                              path=os.path.abspath(folder)))
        elif name in everyone:
            peer = everyone[name]
            peer.groups = peer.groups or ("sgemm", "step", "infer")
            peers.append(peer)
        else:
            sys.exit(f"bench: there is no peer {name}; there are {' '.join(everyone)}")
    return peers


def processors(threads):
    """The processors that a program with so many threads is bound to, or None."""
    allowed = sorted(os.sched_getaffinity(0))
    return set(allowed[-threads:]) if threads <= len(allowed) else None


class Runner:
    """A running runner (see runner.h)."""

    def __init__(self, peer, folder, python, threads):
        self.peer = peer
        cpus = processors(threads)
        self.process = subprocess.Popen(
            peer.command("run", folder, python, threads), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**peer.environment(threads), **KEEP_FREED},
            preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def ask(self, request):
        """The words of the answer after "ok"; None where the library cannot do it."""
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        words = answer.split()
        if words[:1] == ["none"]:
            return None
        if words[:1] != ["ok"]:
            raise Missing(f"the runner of {self.peer.name} ended at: {request}")
        return words[1:]

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
