// What is said of the functions of the application that reach everything.

import type { PermissionWords } from '../row.ts'

/** @param names of functions that a plugin asks for; a value from elsewhere may be no list */
export function wordsOfCalls(names: readonly string[]): Partial<PermissionWords> {
  const asks = (name: string) => Array.isArray(names) && names.includes(name)
  if (asks('data.restore'))
    return {
      title: 'Read and replace all data of the application',
      sentence: `It replaces ${EVERYTHING} with what it has, and calls the functions in this list.`,
      danger: 'It can bring back old data, or invent some: also who may sign in, and what plugins may do.',
    }
  if (asks('data.snapshot'))
    return {
      title: 'Read all data of the application',
      sentence: `It reads ${EVERYTHING}, and calls the functions in this list.`,
      danger:
        'What all users have stored can leave this server on every way that the plugin has: drives, or other servers.',
    }
  return {}
}

const EVERYTHING =
  'all data of the application, and where this is a server of its own, of all plugins, settings and users'
