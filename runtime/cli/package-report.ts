// Converts reports of the package process to results of commands.

import { DEFAULT_PACKAGE_LIMITS } from '../config/config.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { LICENSE_FILE } from '../package/format/licenses/license-file.ts'
import type { PackageContents, PackageReport } from '../package/types.ts'
import { printable } from './io.ts'
import type { Result } from './output.ts'
import type { Session } from './session.ts'

export type Packed =
  | {
      readonly ok: true
      readonly id: string
      readonly version: string
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly contents: PackageContents | undefined
      readonly warnings: readonly Problem[]
      readonly result: Result
    }
  | { readonly ok: false; readonly result: Result }

/** Checks and packs a folder in the package process. */
export async function packFolder(session: Session, folder: string): Promise<Packed> {
  const tool = await session.parts.openPackageTool()
  try {
    const { report, bytes } = await tool.pack(folder, { limits: DEFAULT_PACKAGE_LIMITS })
    const id = idOf(report)
    const result = resultOfReport(report, id ?? folder)
    if (!report.ok) return { ok: false, result }
    const version = manifestText(report, 'version')
    if (bytes === null || id === undefined || version === undefined) {
      throw new PlugbayError('INTERNAL', 'The package process gave no zip for a valid plugin')
    }
    const { contents, warnings } = report
    return { ok: true, id, version, bytes, contents, warnings, result: { ...result, version, contents } }
  } finally {
    await tool.close()
  }
}

export function resultOfReport(report: PackageReport, id: string): Result {
  const { ok, problems, warnings, notYetActive, sha256, asked } = report
  const [first] = problems
  const problem: Problem | undefined =
    problems.length > 1 && first !== undefined
      ? { code: first.code, message: `It has ${problems.length} problems` }
      : first
  const details = { sha256, asked, warnings, notYetActive }
  return ok
    ? { id, ok, ...details }
    : { id, ok, ...(problem !== undefined && { problem }), problems, ...details }
}

/** For people: how large each folder is, and what stays out. */
export function contentsText({
  folders,
  leftOut,
  leftOutCount,
  packages,
  packageCount,
}: PackageContents): string {
  const sizes = folders.map(({ name, files, bytes }) => {
    const place = name === '' ? 'at the top' : printable(name)
    return `  ${place.padEnd(14)} ${String(files).padStart(5)} ${files === 1 ? 'file ' : 'files'} ${inKb(bytes).padStart(12)}`
  })
  const out = leftOut.map(({ path, why }) => `  ${printable(path)} (${WHY[why]})`)
  const others = packages.map(
    ({ name, version, license }) =>
      `  ${printable(`${name} ${version} (${license ?? 'license not known'})`)}`,
  )
  return [
    ...sizes,
    ...(others.length > 0 ? [`Packages of others, with their licenses in ${LICENSE_FILE}:`] : []),
    ...others,
    ...andMore(packages, packageCount),
    ...(out.length > 0 ? ['Left out:', ...out] : []),
    ...andMore(leftOut, leftOutCount),
  ].join('\n')
}

function andMore({ length }: readonly unknown[], count: number): readonly string[] {
  return count > length ? [`  and ${count - length} more`] : []
}

const WHY = { secret: 'a secret', test: 'a test', ignored: '.plugbayignore' } as const

export function inKb(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

/** The id in the manifest, if it can be read. */
export function idOf(report: PackageReport): string | undefined {
  return manifestText(report, 'id')
}

function manifestText(report: PackageReport, key: string): string | undefined {
  const { manifest } = report
  if (typeof manifest !== 'object' || manifest === null || !Object.hasOwn(manifest, key)) return undefined
  const value: unknown = Reflect.get(manifest, key)
  return typeof value === 'string' ? value : undefined
}
