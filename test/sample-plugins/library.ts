// The sample host for tests: started on a free port, with its librarian signed in, and releases of the school pack.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { type RunningLibrary, startLibrary } from '../../sample-plugins/host/library.ts'
import { temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'

export const SCHOOL_PACK = join(import.meta.dirname, '../../sample-plugins/school-pack')

export interface OpenLibrary {
  readonly library: RunningLibrary
  /** Its data folder. */
  readonly data: string
  /** Of the librarian. */
  readonly headers: { readonly cookie: string; readonly origin: string }
}

type Opened = Pick<OpenLibrary, 'library' | 'headers'>

export async function openLibrary(t: Scope): Promise<OpenLibrary> {
  const data = await temporaryFolder(t)
  const library = await startLibrary({ data, port: 0, logLevel: 'silent', environment: {} })
  t.after(() => library.close())
  return { library, data, headers: { ...(await signIn(library, 'amina')), origin: library.url } }
}

/** Of another member: amina is the librarian, tomas a teacher, yara a pupil. */
export async function signIn(library: RunningLibrary, name: string): Promise<{ readonly cookie: string }> {
  const response = await fetch(`${library.url}/en/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: library.url },
    body: new URLSearchParams({ name, password: library.firstPassword ?? '' }),
  })
  assert.equal(response.status, 303)
  const cookie = response.headers.getSetCookie().find((each) => each.startsWith('library-session='))
  return { cookie: cookie?.split(';')[0] ?? '' }
}

/** Uploads a release of the school pack as it is in its folder. */
export async function installRelease(opened: Opened, version: string): Promise<Response> {
  return await installFolder(opened, join(SCHOOL_PACK, version))
}

/** Uploads a plugin as it is in its folder. */
export async function installFolder(opened: Opened, folder: string): Promise<Response> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [relative(folder, path), new Uint8Array(readFileSync(path))] as const
    })
  return await uploadZip(opened, new Uint8Array(zipOf(Object.fromEntries(entries))))
}

/** Builds what Vite has to build, and uploads what `plugbay pack` makes of it. */
export async function installPacked(opened: Opened, folder: string): Promise<Response> {
  const tool = await openPackageTool()
  try {
    const { report, bytes } = await tool.pack(folder, { limits: DEFAULT_PACKAGE_LIMITS })
    return await uploadZip(opened, bytes ?? assert.fail(JSON.stringify(report.problems)))
  } finally {
    await tool.close()
  }
}

/** Uploads a zip, with all that its manifest asks for. */
export async function uploadZip(
  { library, headers }: Opened,
  zip: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return await fetch(`${library.url}/apps/api/v1/plugins?grant=all`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/zip' },
    body: zip,
  })
}
