// restore.sh, which lies beside the packs: restores a snapshot with the programs of any Debian, and nothing of ours. It is the proof that
// the format can be read without this plugin, and test/sample-plugins/usb-backup runs it.

export const RESTORE_SCRIPT = `#!/bin/sh
# Restores a backup of this drive: needs tar, zstd, sha256sum and, for an encrypted one, age.
#   sh restore.sh TARGET [SNAPSHOT]
# TARGET is a new folder; SNAPSHOT a name in "snapshots" without ".json": the latest one if it is left out.
# For a backup that was encrypted to a recipient of your own, AGE_IDENTITY is the file with its key.
set -eu
fail() { echo "restore.sh: $*" >&2; exit 1; }
[ $# -ge 1 ] || fail 'usage: sh restore.sh TARGET [SNAPSHOT]'
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
target=$1
id=\${2:-$(cd -- "$here/snapshots" && for one in *Z.json; do [ ! -s "$one" ] || echo "\${one%.json}"; done | LC_ALL=C sort | tail -n 1)}
manifest=$here/snapshots/$id.json
[ -s "$manifest" ] || fail "there is no snapshot \\"$id\\""
[ "$(sed -n 's/^ "format": \\([0-9]*\\),$/\\1/p' "$manifest")" = 1 ] || fail 'this snapshot needs a newer restore.sh'
mkdir -p -- "$target"
[ -z "$(ls -A -- "$target")" ] || fail "\\"$target\\" is not empty"
target=$(cd -- "$target" && pwd)
work=$(mktemp -d "$target/.restore-XXXXXX")
secret=
trap 'rm -rf -- "$work" \${secret:+"$secret"}' EXIT
trap 'exit 1' HUP INT TERM

# The key stays in memory: /dev/shm where there is one.
recipient=$(sed -n 's/^ "recipient": "\\(age1[0-9a-z]*\\)",$/\\1/p' "$manifest")
key=\${AGE_IDENTITY:-}
if [ -n "$recipient" ] && [ -z "$key" ]; then
  [ -f "$here/key-$recipient.age" ] || fail "set AGE_IDENTITY to the file with the key of $recipient"
  secret=$(TMPDIR=$([ -w /dev/shm ] && echo /dev/shm || echo "\${TMPDIR:-/tmp}") mktemp -d)
  key=$secret/key
  age --decrypt --output "$key" "$here/key-$recipient.age" || fail 'the passphrase is not the right one'
fi

# Every pack that the snapshot names, into one folder of objects named by their hash.
mkdir "$work/objects"
sed -n 's/^ *"pack": "\\(pack-[0-9]*\\.tar\\.zst\\(\\.age\\)\\{0,1\\}\\)",$/\\1/p' "$manifest" > "$work/packs"
while IFS= read -r pack; do
  echo "$pack"
  [ -f "$here/packs/$pack" ] || fail "\\"$pack\\" is missing"
  case $pack in
    *.age) age --decrypt --identity "$key" "$here/packs/$pack" > "$work/pack" || fail "\\"$pack\\" cannot be decrypted";;
    *) cp -- "$here/packs/$pack" "$work/pack";;
  esac
  zstd --quiet --decompress --stdout "$work/pack" > "$work/tar" || fail "\\"$pack\\" is damaged"
  tar --extract --file "$work/tar" --directory "$work/objects" --no-same-owner || fail "\\"$pack\\" is damaged"
done < "$work/packs"
rm -f -- "$work/pack" "$work/tar"
(cd "$work/objects" && for one in *; do printf '%s  %s\\n' "$one" "$one"; done | sha256sum --check --quiet --strict) ||
  fail 'the backup is damaged'

# The lists of files: words of mtree(5), one file a line; a backslash and three digits stand for a character.
sed -n '/^ *"tree": \\[$/,/^ *\\]/s/^ *"\\([0-9a-f]\\{64\\}\\)",\\{0,1\\}$/\\1/p' "$manifest" > "$work/trees"
while IFS= read -r hash; do cat "$work/objects/$hash"; done < "$work/trees" > "$work/tree"
while IFS=' ' read -r path type mode time size parts; do
  case $path in './'*) ;; *) continue;; esac
  case $path in *\\\\*) path=$(printf "\${path}x"); path=\${path%x};; esac
  case $path/ in */../*) fail 'a list of files names a path outside of the backup';; esac
  file=$target/\${path#./}
  if [ "$type" = type=dir ]; then mkdir -p -- "$file"; continue; fi
  [ -d "\${file%/*}" ] || mkdir -p -- "\${file%/*}"
  parts=\${parts#*=}
  if [ -z "$parts" ]; then : > "$file"
  else
    set --
    while [ -n "$parts" ]; do set -- "$@" "$work/objects/\${parts%%,*}"; case $parts in *,*) parts=\${parts#*,};; *) parts=;; esac; done
    cat "$@" > "$file"
  fi
  [ "$(wc -c < "$file")" -eq "\${size#size=}" ] || fail "\\"$path\\" has another size than it had"
  chmod "\${mode#mode=}" "$file"
  touch -d "@\${time#time=}" "$file"
done < "$work/tree"
echo "Restored $id to $target"
`
