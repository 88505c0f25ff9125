// Bodies that are no JSON. Apart from the shapes, so that the command line starts without typebox.

/** A package, as it is or as the file "package" of a form. */
export const PACKAGE_TYPE = 'application/zip'
export type PackageType = typeof PACKAGE_TYPE

/** A snapshot of the data of a plugin. */
export const SNAPSHOT_TYPE = 'application/vnd.plugbay.data'
export type SnapshotType = typeof SNAPSHOT_TYPE
