// The document of a frame with a bundle that is a module, and the tags that make a page of a plugin such a document.

import { BUNDLE_PATHS } from '../../slots/bundle-view.ts'
import type { Mount } from '../exchange/mount.ts'
import type { BundleAnswerContext } from './bundle-context.ts'
import { escapeHtml } from './error-page.ts'
import { credentialTags, languageTags, type PageCredential, type PageLanguage } from './page-html.ts'

/** Our script in the frame reads it there. */
const ELEMENT = 'plugbay-bundle'

export function bundleDocument(
  context: BundleAnswerContext,
  {
    credential,
    language,
    mount,
  }: {
    readonly credential: PageCredential
    readonly language: PageLanguage | null
    readonly mount: Pick<Mount, 'path'>
  },
): string {
  return `<!doctype html>
<html lang="${context.language}">
<head>
<meta charset="utf-8">
<base href="${escapeHtml(mount.path)}/">
${language === null ? '' : languageTags(language)}${credentialTags(credential)}
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { margin: 0 }</style>
${bundleTags(context, mount)}
</head>
<body></body>
</html>
`
}

/** The facts as text of an element: "<" inside of JSON is in strings only, and there it may be written otherwise. */
export function bundleTags({ json }: BundleAnswerContext, mount: Pick<Mount, 'path'>): string {
  const text = json.toString('utf8').replaceAll('<', '\\u003c')
  const script = escapeHtml(mount.path + BUNDLE_PATHS.script)
  return `<script type="application/json" id="${ELEMENT}">${text}</script><script type="module" crossorigin src="${script}"></script>`
}
