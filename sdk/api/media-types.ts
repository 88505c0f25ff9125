// Media types of bodies that are not JSON. In a file of their own, so that the command line starts without typebox.

/** A package: the whole body, or the file "package" of a form. */
export const PACKAGE_TYPE = 'application/zip'
export type PackageType = typeof PACKAGE_TYPE

/** A snapshot of a plugin's data. */
export const SNAPSHOT_TYPE = 'application/vnd.plugbay.data'
export type SnapshotType = typeof SNAPSHOT_TYPE

/** All data of a server: a tar. */
export const BACKUP_TYPE = 'application/vnd.plugbay.backup'
export type BackupType = typeof BACKUP_TYPE
