// A list or a part that could not be loaded, with its reason.

import { Alert, Button } from '@mantine/core'
import { asErrorDocument } from '../api/client.ts'
import { t } from '../languages/text.ts'
import { ErrorText } from './error-text.tsx'
import { Icon } from './icons.tsx'

export interface LoadErrorProps {
  readonly error: unknown
  readonly retry?: () => void
}

export function LoadError({ error, retry }: LoadErrorProps) {
  const document = asErrorDocument(error)
  return (
    <Alert color="red" title={document.title} icon={<Icon name="error" />}>
      <ErrorText document={document} />
      {retry !== undefined && (
        <Button mt="sm" size="xs" variant="light" color="red" onClick={retry}>
          {t('Try again')}
        </Button>
      )}
    </Alert>
  )
}
