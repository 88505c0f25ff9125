// What happened, said in a corner of the page. Invariant: an error is never shown without its hint when it has one.

import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import type { Problem } from '../../../../sdk/api/problems.ts'
import { asErrorDocument } from '../api/client.ts'
import { ErrorText } from './error-text.tsx'

export function showSuccess(message: string): void {
  notifications.show({ message, color: 'teal' })
}

/** What was done although something failed meanwhile, with the words of what failed. */
export function showWarning(title: string, problems: readonly Problem[]): void {
  const hint = problems.find((problem) => problem.hint !== undefined)?.hint
  notifications.show({
    title,
    message: createElement(ErrorText, {
      document: { title, status: 0, problems: [...problems], ...(hint !== undefined && { hint }) },
    }),
    color: 'yellow',
    autoClose: 12_000,
  })
}

/** Shows an API error with title, detail and hint. An expired session is said by the sign-in page instead. */
export function showError(error: unknown): void {
  const document = asErrorDocument(error)
  if (document.status === 401) return
  notifications.show({
    id: `${document.status}:${document.code ?? document.title}:${document.detail ?? ''}`,
    title: document.title,
    message: createElement(ErrorText, { document }),
    color: 'red',
    autoClose: 12_000,
  })
}
