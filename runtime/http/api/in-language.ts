// Names and descriptions of plugins in the language of the request: what "?language=" asks for, else the user's choice, else what the
// browser prefers.

import type { Installation } from '../../../sdk/api/plugins.ts'
import { createLanguageOf } from '../exchange/visitor-language.ts'
import type { RouteInput } from './route.ts'

type Named = Pick<Installation, 'id' | 'name' | 'description'>
type Asked = Pick<RouteInput, 'request' | 'principal' | 'services'>

/** @param asked the parameter "language" */
export async function inLanguage<T extends Named>(
  installation: T,
  { request, principal, services }: Asked,
  asked?: string,
): Promise<T> {
  const { languages, plugins } = services
  const language = languageOf({ request, principal, services }, asked)
  if (language === languages.default) return installation
  const texts = await plugins.textsOf(installation.id)
  // It was uninstalled a moment ago, or has no release.
  if (texts === undefined) return installation
  const { name, description } = texts
  return {
    ...installation,
    name: languages.text(name, language),
    description: description === null ? null : languages.text(description, language),
  }
}

/** What "?language=" asks for, else the choice of the user, else what the browser prefers. */
export function languageOf({ request, principal, services: { languages } }: Asked, asked?: string): string {
  if (asked !== undefined) return languages.of(asked)
  return createLanguageOf(languages)({ headers: [...request.headers].flat() }, principal)
}
