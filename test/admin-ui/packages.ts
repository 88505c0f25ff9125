// Zips that the tests upload.

import AdmZip from 'adm-zip'

export interface PackageOfTest {
  readonly manifest: Readonly<Record<string, unknown>>
  readonly backend?: string
}

export function zipOf({ manifest, backend = 'export default {}' }: PackageOfTest): Buffer {
  const zip = new AdmZip()
  zip.addFile('manifest.json', Buffer.from(JSON.stringify({ manifestVersion: 1, ...manifest })))
  zip.addFile('backend/index.ts', Buffer.from(backend))
  return zip.toBuffer()
}

/** As a file that a person picks. */
export function pickedFile(name: string, content: PackageOfTest | Buffer) {
  const buffer = Buffer.isBuffer(content) ? content : zipOf(content)
  return { name, mimeType: 'application/zip', buffer }
}
