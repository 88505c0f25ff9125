// Packages as a person picks them in the page.

import { type PluginSource, pluginZip } from '../support/runtime.ts'

export function pickedFile(name: string, content: PluginSource | Buffer) {
  const buffer = Buffer.isBuffer(content) ? content : Buffer.from(pluginZip(content))
  return { name, mimeType: 'application/zip', buffer }
}
