/** All its addresses are relative to /docs, so it works below any prefix, also one that a proxy takes off. */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Task app API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="stylesheet" href="docs/page.css">
  </head>
  <body>
    <noscript>This page needs JavaScript; the description itself is at <a href="openapi.json">openapi.json</a>.</noscript>
    <div id="api"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;
/**
 * Takes the access token from any answer that has one, and names the controls that Swagger UI leaves without a name.
 * Tokens stay in the page's memory: what is stored could be read by any script of the same origin.
 */
export const SCRIPT = `const ui = window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayOperationId: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
  responseInterceptor: (response) => {
    const { accessToken } = (response.ok && response.body) || {};
    if (accessToken) ui.preauthorizeApiKey('bearer', accessToken);
    return response;
  },
});

const nameControls = () => {
  for (const control of document.querySelectorAll('#api :is(select, textarea):not([aria-label])')) {
    const parameter = control.closest('tr')?.dataset.paramName;
    const name = control.matches('textarea') ? 'Request body' : 'Example or media type';
    control.setAttribute('aria-label', parameter ?? name);
  }
};
new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });
`;

/** There is one server, so nothing to choose; methods, buttons and small print get colours that more people can read. */
export const STYLE = `:root { color-scheme: light; }
.swagger-ui .scheme-container .servers-title,
.swagger-ui .scheme-container .servers { display: none; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .scheme-container { padding: 12px 0; margin-bottom: 12px; }
.swagger-ui .opblock .opblock-section-request-body .body-param__text { min-height: 140px; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #15803d; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1d4ed8; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0f766e; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b91c1c; }
.swagger-ui .info .title small { background: #4b5563; }
.swagger-ui .info .title small.version-stamp { background: #3f6212; }
.swagger-ui .info a, .swagger-ui .info .base-url { color: #1d4ed8; }
.swagger-ui .btn.authorize { color: #15803d; border-color: #15803d; }
.swagger-ui .btn.authorize svg { fill: #15803d; }
.swagger-ui .btn.execute { background: #1d4ed8; border-color: #1d4ed8; }
.swagger-ui .btn.cancel { color: #b91c1c; border-color: #b91c1c; }
.swagger-ui .parameter__in, .swagger-ui .prop-format { color: #4b5563; }
.swagger-ui .download-contents { background: #4b5563; }
.swagger-ui .microlight code span[style*="211, 99, 99"] { color: #ff9e9e !important; }
`;
