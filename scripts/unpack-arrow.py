"""unpack-arrow: takes the C++ part out of a pyarrow wheel.

  pyarrow-26.0.1-….whl -> TARGET/include/{arrow,parquet}/…  TARGET/lib/libarrow*.so.2600 with their .so links,
                              TARGET/{LICENSE,NOTICE}.txt
"""

import os
import sys
import zipfile

LIBRARIES = ("libarrow.so", "libarrow_compute.so", "libarrow_acero.so", "libparquet.so")


def unpack(wheel_path, target):
    os.makedirs(os.path.join(target, "lib"))
    found = set()
    with zipfile.ZipFile(wheel_path) as wheel:
        for member in wheel.infolist():
            name = member.filename.removeprefix("pyarrow/")
            if member.is_dir():
                continue
            if name.startswith(("include/arrow/", "include/parquet/")) and not name.startswith("include/arrow/python/"):
                path = os.path.join(target, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
            elif name.rsplit(".", 1)[0] in LIBRARIES:
                path = os.path.join(target, "lib", name)
                link = name.rsplit(".", 1)[0]
                found.add(link)
                os.symlink(name, os.path.join(target, "lib", link))
            elif name.endswith((".dist-info/licenses/LICENSE.txt", ".dist-info/licenses/NOTICE.txt")):
                path = os.path.join(target, os.path.basename(name))
            else:
                continue
            with wheel.open(member) as source, open(path, "wb") as out:
                out.write(source.read())
    if found != set(LIBRARIES):
        sys.exit(f"{wheel_path} lacks {sorted(set(LIBRARIES) - found)}")


unpack(sys.argv[1], sys.argv[2])
