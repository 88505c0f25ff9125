// The look of the page: system fonts only, since no outside resource is loaded.

import { Alert, createTheme, Notification } from '@mantine/core'
import { t } from '../languages/text.ts'

export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: 9,
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  components: {
    // Outlined, so that their content keeps its contrast in light and dark.
    Alert: Alert.extend({ defaultProps: { variant: 'outline' } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': t('Dismiss') } } }),
    // Not by its component, which the first page does without.
    Switch: { defaultProps: { withThumbIndicator: false } },
  },
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
})
