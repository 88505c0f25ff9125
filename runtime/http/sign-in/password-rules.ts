// What may be a password: long enough, and not made of what is tried first (NIST SP 800-63B). Its characters may be of any kind.

/** In characters, after NFKC. One factor alone, but guesses are few: see attempt-budget.ts. */
export const MIN_PASSWORD = 12
export const MAX_PASSWORD = 200

export type PasswordProblem = 'short' | 'long' | 'guessable'

/** What is left of a password without these is what has to be guessed. */
const WELL_KNOWN = [
  ...[
    'password',
    'passwort',
    'passw0rd',
    'p@ssw0rd',
    'p@ssword',
    'motdepasse',
    'contraseña',
    'changeme',
    'secret',
    'default',
  ],
  ...[
    'welcome',
    'letmein',
    'iloveyou',
    'administrator',
    'admin',
    'root',
    'user',
    'guest',
    'login',
    'hello',
    'monkey',
    'dragon',
  ],
  ...[
    'sunshine',
    'princess',
    'football',
    'baseball',
    'superman',
    'batman',
    'master',
    'shadow',
    'trustno1',
    'plugbay',
    'plugin',
  ],
]
/** Also read backwards. */
const ROWS = [
  ...[
    '01234567890',
    'abcdefghijklmnopqrstuvwxyz',
    'qwertyuiop',
    'asdfghjkl',
    'zxcvbnm',
    'qwertzuiop',
    'yxcvbnm',
  ],
  ...[
    'azertyuiop',
    'qsdfghjklm',
    'wxcvbn',
    '1qaz2wsx3edc4rfv5tgb',
    '1q2w3e4r5t6z7u8i9o',
    '1q2w3e4r5t6y7u8i9o',
  ],
].flatMap((row) => [row, [...row].reverse().join('')])

/** Different characters that must be left, all well-known parts counting as one. */
const MIN_LEFT = 6

/** @param name of the user, which others know */
export function passwordProblem(password: string, name: string): PasswordProblem | undefined {
  const normal = password.normalize('NFKC')
  const length = [...normal].length
  if (length < MIN_PASSWORD) return 'short'
  if (length > MAX_PASSWORD) return 'long'
  return isGuessable(normal.toLowerCase(), name.normalize('NFKC').toLowerCase()) ? 'guessable' : undefined
}

function isGuessable(password: string, name: string): boolean {
  const known = [...WELL_KNOWN, ...name.split(/\s+/).filter((part) => part.length >= 3)]
  let rest = known.reduce((left, word) => left.replaceAll(word, '\0'), password)
  rest = withoutRows(rest)
  // What is repeated is guessed once.
  return new Set(rest.replace(/(.{1,12}?)\1+/gsu, '$1')).size < MIN_LEFT
}

/** Four characters or more that lie side by side count as one. */
function withoutRows(text: string): string {
  let left = text
  for (let at = 0; at < left.length; at++) {
    let length = 3
    while (at + length < left.length && ROWS.some((row) => row.includes(left.slice(at, at + length + 1))))
      length++
    if (length > 3) left = `${left.slice(0, at)}\u0001${left.slice(at + length)}`
  }
  return left
}
