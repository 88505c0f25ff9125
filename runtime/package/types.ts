// The result of the package process for a zip or a folder, as plain data. README.md beside this file lists the files it writes.

import type { Problem } from '../../sdk/api/problems.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

export type { PackageLimits } from '../config/config.ts'

export type PackageSource = { readonly kind: 'zip'; readonly path: string } | FolderSource

export interface FolderSource {
  readonly kind: 'folder'
  readonly path: string
  /**
   * Packages that the backend can import as if the folder contained them: the path of each, by name. Every file that linking
   * reads becomes part of the package. For our own code only: the plugin's author could read these files, and publish them.
   */
  readonly packages?: Readonly<Record<string, string>>
  /** Real paths that links of the folder may lead to; by default the folder only. */
  readonly roots?: readonly string[]
}

/** The files of a package after the archive check: canonical NFC paths with forward slashes, sorted by path. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>

export type ReadOutcome =
  | {
      readonly ok: true
      readonly files: PackageFiles
      /** Links that were not followed. They are a problem only where something names them. */
      readonly links: readonly PassedLink[]
      /** Packages of a folder that are links: the real folder of each, by its path in the package. */
      readonly packages: ReadonlyMap<string, string>
      /** SQL files of a folder that do not belong to the package. */
      readonly outsideSql: readonly string[]
      /** Of a folder: what lies among its members, and does not belong to the package. */
      readonly leftOut?: readonly LeftOut[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface LeftOut {
  /** With forward slashes; of a folder without its content. */
  readonly path: string
  readonly why: 'secret' | 'test' | 'ignored'
}

/** What a folder gives to its package. */
export interface PackageContents {
  /** Each folder at the top, "" for the files there; bytes before compression. */
  readonly folders: readonly { readonly name: string; readonly files: number; readonly bytes: number }[]
  /** The first ones. */
  readonly leftOut: readonly LeftOut[]
  readonly leftOutCount: number
  /** Of others, from npm; the first ones. */
  readonly packages: readonly LicensedPackage[]
  readonly packageCount: number
}

export interface LicensedPackage {
  readonly name: string
  readonly version: string
  /** As SPDX writes it, such as "MIT"; null where it is not known. */
  readonly license: string | null
}

export interface PassedLink {
  /** As checked: NFC, with forward slashes. */
  readonly path: string
  /** The end of a sentence: "is a symbolic link". */
  readonly what: string
  readonly hint: string
}

export type ManifestOutcome =
  | {
      readonly ok: true
      readonly manifest: Manifest
      readonly notYetActive: readonly string[]
      readonly warnings: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly manifest: unknown }

export type LinkOutcome =
  | {
      readonly ok: true
      readonly code: string
      readonly map: string
      readonly warnings: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** The result of checking a package. The artifact's files were written if requested and if there were no problems. */
export type PackageReport = AcceptedPackage | RefusedPackage

export interface AcceptedPackage extends PackageFindings {
  readonly ok: true
  readonly manifest: Manifest
  /** Content hash: hex SHA-256 over the sorted list of path and SHA-256 of each file. */
  readonly sha256: string
}

export interface RefusedPackage extends PackageFindings {
  readonly ok: false
  /** As parsed; null when it could not be parsed. */
  readonly manifest: unknown
  /** null when the archive could not be read. */
  readonly sha256: string | null
}

interface PackageFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Valid sections of the manifest that this version does not act on. */
  readonly notYetActive: readonly string[]
  readonly asked: Permissions
  /** Of a folder. */
  readonly contents?: PackageContents
}

/** What the package process answers. */
export interface PackageReply {
  readonly report: PackageReport
  /** The process can link no more, and must be replaced. */
  readonly isSpent: boolean
}
