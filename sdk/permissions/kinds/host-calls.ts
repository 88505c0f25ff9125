// What is said of the functions of the application that reach everything.

import type { Kind } from '../kind.ts'

const EVERYTHING =
  'all data of the application, and where this is a server of its own, of all plugins, settings and users'

const RESTORES = {
  title: 'Read and replace all data of the application',
  sentence: `It replaces ${EVERYTHING} with what it has, and calls the functions in this list.`,
  danger: 'It can bring back old data, or invent some: also who may sign in, and what plugins may do.',
}
const READS = {
  title: 'Read all data of the application',
  sentence: `It reads ${EVERYTHING}, and calls the functions in this list.`,
  danger:
    'What all users have stored can leave this server on every way that the plugin has: drives, or other servers.',
}

export const CALL_WORDS: Required<Pick<Kind<readonly string[]>, 'words' | 'wordings'>> = {
  words(names) {
    // A value from elsewhere may be no list.
    const asks = (name: string) => Array.isArray(names) && names.includes(name)
    return asks('data.restore') ? RESTORES : asks('data.snapshot') ? READS : {}
  },
  wordings: [RESTORES, READS],
}
