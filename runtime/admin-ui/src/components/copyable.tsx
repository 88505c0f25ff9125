// A command to be run in a terminal, with a button that copies it.

import { ActionIcon, Code, CopyButton, Group, Tooltip } from '@mantine/core'
import { t } from '../languages/text.ts'
import { Icon } from './icons.tsx'

export function Copyable({ command }: { readonly command: string }) {
  return (
    <Group gap={4} wrap="nowrap" dir="ltr">
      <Code className="copyable">{command}</Code>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('Copied') : t('Copy')}>
            <ActionIcon
              variant="subtle"
              color={copied ? 'teal' : 'gray'}
              aria-label={t('Copy "{text}"', { text: command })}
              onClick={copy}
            >
              <Icon name={copied ? 'check' : 'copy'} size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  )
}
