// The script that the runtime puts first into a page: the source text of functions that are compiled and checked like all others.

import { eventSourceOver } from './event-source.ts'
import { fetchContents } from './fetch-contents.ts'
import { addCredentials, type PageFacts } from './page-credentials.ts'

/** An inline script; it reads the page token from the element in front of it. */
export function pageScript(facts: PageFacts): string {
  const text = JSON.stringify(facts).replaceAll('<', '\\u003c')
  return `<script>(${addCredentials.toString()})(${text}, ${eventSourceOver.toString()}, ${fetchContents.toString()})</script>`
}
