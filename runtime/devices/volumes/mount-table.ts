// What is mounted, from the kernel's own list: /proc/self/mountinfo, proc_pid_mountinfo(5).

export interface Mount {
  /** Given by the kernel; another mount at the same place has another one, until numbers are used again. */
  readonly id: number
  /** The id of the mount that this one lies in, or, at the same place, upon. */
  readonly parent: number
  /** Of the block device, "8:1"; "0:…" where a file system has a number of its own, as btrfs does. */
  readonly device: string
  /** Folder of the file system that is mounted; "/" unless it is a bind mount or a subvolume. */
  readonly root: string
  readonly target: string
  readonly options: readonly string[]
  /** Such as "vfat"; "fuseblk" for what a program serves. */
  readonly type: string
  /** Such as "/dev/sdb1". */
  readonly source: string
}

/** Lines that cannot be read are left out: newer kernels may add what this does not know. */
export function readMountTable(text: string): Mount[] {
  return text.split('\n').flatMap((line) => readMount(line) ?? [])
}

function readMount(line: string): Mount | undefined {
  const [seen = '', source = ''] = line.split(' - ', 2)
  const [id, parent, device, root, target, options = ''] = seen.split(' ')
  const [type, name] = source.split(' ')
  if (device === undefined || root === undefined || target === undefined) return undefined
  if (type === undefined || name === undefined) return undefined
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: unescaped(root),
    target: unescaped(target),
    options: options.split(','),
    type,
    source: unescaped(name),
  }
}

/** Space, tab, line feed and backslash are written as three octal digits, byte by byte. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
