// The HTML that the runtime adds to a plugin's page.
// Invariant: no HTML is parsed here; the package check has found where tags go.

import type { Direction } from '../../languages/direction.ts'
import type { Variant } from '../../package/artifact.ts'
import type { Mount } from '../exchange/mount.ts'
import { pageScript } from './client/page-script.ts'
import { escapeHtml } from './error-page.ts'
import { OWN_FILES } from './own-files.ts'

/** What a page needs to prove to its backend that the runtime made it. */
export interface PageCredential {
  readonly token: string
  /** Whether it identifies no user: of a public page. */
  readonly isStranger: boolean
  readonly mount: Pick<Mount, 'path' | 'mode'>
}

/** The language of a page, for its script and its element <html>. */
export interface PageLanguage {
  readonly language: string
  readonly dir: Direction
  /** All languages of the host. */
  readonly available: readonly string[]
}

export interface PageTags {
  /** For a page shown at another URL than its own: the base of its relative references. */
  readonly base: string | null
  /** null for a page that is not translated. */
  readonly language: PageLanguage | null
  readonly page: PageCredential | null
  /** Of a page that is shown in a frame; else null. */
  readonly frame: Pick<Mount, 'path' | 'shellOrigin'> | null
  /** URL of the development client script. */
  readonly client: string | null
}

/** The tags for this page; empty when there is nothing to add. */
export function tagsFor(variant: Variant, tags: PageTags): string {
  if (variant.head === null) return ''
  const parts: string[] = []
  if (tags.base !== null && variant.base !== 'other') parts.push(`<base href="${escapeHtml(tags.base)}">`)
  if (tags.language !== null) parts.push(languageTags(tags.language))
  if (tags.page !== null) parts.push(credentialTags(tags.page))
  if (tags.frame !== null) parts.push(frameTag(tags.frame))
  if (tags.client !== null) parts.push(`<script src="${escapeHtml(tags.client)}"></script>`)
  return parts.join('')
}

/** plugbay/client reads the first; the script comes before anything is shown. Tags need no escapes. */
export function languageTags({ language, dir, available }: PageLanguage): string {
  const meta = `<meta name="plugbay-language" content="${language}" data-dir="${dir}" data-available="${available.join(' ')}">`
  return `${meta}<script>document.documentElement.lang="${language}";document.documentElement.dir="${dir}";document.currentScript.remove()</script>`
}

/** Must come before every script of the page. */
export function credentialTags({ token, isStranger, mount }: PageCredential): string {
  const script = pageScript({ mount: mount.path, isOpaque: mount.mode === 'opaque' })
  return `<meta${isStranger ? ' data-stranger' : ''} name="plugbay-token" content="${escapeHtml(token)}">${script}`
}

/** Connects the page with the shell around it (sdk/client/frame/main.ts): before every other script, after the token. */
function frameTag({ path, shellOrigin }: Pick<Mount, 'path' | 'shellOrigin'>): string {
  const [source, shell, mount] = [path + OWN_FILES.script, shellOrigin, path].map(escapeHtml)
  return `<script src="${source}" data-shell="${shell}" data-mount="${mount}"></script>`
}
