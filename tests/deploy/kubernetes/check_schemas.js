// SPDX-License-Identifier: Apache-2.0
// Reads a JSON array of Kubernetes objects from standard input and writes, in
// the same order, an array of the problems of each. Two checks: the validators
// of kubernetes-models for values and required fields, and the TypeScript
// compiler for unknown fields, which those let pass.
'use strict';

const fs = require('fs');
const path = require('path');
const ts = require('typescript');

// The modules are found by NODE_PATH, which TypeScript does not know.
const tools = path.dirname(process.env.NODE_PATH);

// The module that has the types of an apiVersion.
function moduleOf(apiVersion) {
  if (apiVersion.startsWith('monitoring.coreos.com/')) {
    return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  }
  return `kubernetes-models/${apiVersion}`;
}

function valueProblems(object) {
  let model;
  try {
    model = require(moduleOf(object.apiVersion))[object.kind];
  } catch {
    // Said below.
  }
  if (!model) return [`unknown ${object.apiVersion} ${object.kind}`];
  try {
    new model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// The problems that the compiler finds, by the index of the object.
function typeProblems(objects) {
  const source = path.join(tools, 'objects.ts');
  // One line an object: a problem's line is its index.
  const text = objects.map((object, i) =>
    `export const o${i}: import("${moduleOf(object.apiVersion)}")` +
    `.I${object.kind} = ${JSON.stringify(object)};`).join('\n');
  const options = {
    moduleResolution: ts.ModuleResolutionKind.Node10,
    noEmit: true, skipLibCheck: true, strict: true, types: [],
    target: ts.ScriptTarget.ES2020,
  };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => name === source ?
    ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest);
  const problems = new Map();
  for (const found of ts.getPreEmitDiagnostics(
    ts.createProgram([source], options, host))) {
    const index = found.file ?
      found.file.getLineAndCharacterOfPosition(found.start).line : 0;
    const message = ts.flattenDiagnosticMessageText(found.messageText, ' ');
    problems.set(index, [...(problems.get(index) ?? []), message]);
  }
  return problems;
}

const objects = JSON.parse(fs.readFileSync(0, 'utf8'));
const known = objects.map(valueProblems);
const typed = typeProblems(objects);
console.log(JSON.stringify(
  known.map((problems, i) => [...problems, ...(typed.get(i) ?? [])])));
