// Names of file systems by the numbers that Linux has for them (statfs(2)); on other systems the numbers mean other things.

const NAMES: Readonly<Record<number, string>> = {
  61267: 'ext4',
  19780: 'vfat',
  538032816: 'exfat',
  1397118030: 'ntfs',
  1936094318: 'ntfs3',
  1702057286: 'fuse',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'cifs',
  801189825: 'zfs',
  4076150800: 'f2fs',
  18475: 'hfsplus',
  352400198: 'udf',
  38496: 'iso9660',
}

export function fileSystemName(type: number): string | null {
  return (process.platform === 'linux' ? NAMES[type] : undefined) ?? null
}
