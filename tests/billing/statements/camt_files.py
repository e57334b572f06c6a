"""camt.053 as banks send it, small enough to change every character of it."""

BATCHES = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">267.50</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>
<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>1356.5</Sum></TtlCdtNtries></TxsSummry>
<Ntry><Amt Ccy="EUR">1234.56</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2025-03-03</Dt></BookgDt><ValDt><Dt>2025-03-04</Dt></ValDt>
<AcctSvcrRef>B-71</AcctSvcrRef><NtryDtls>
<Btch><NbOfTxs>2</NbOfTxs><TtlAmt Ccy="EUR">1234.56</TtlAmt></Btch><TxDtls>
<AmtDtls><TxAmt><Amt Ccy="EUR">1145.56</Amt></TxAmt></AmtDtls>
<RltdPties><Dbtr><Nm>Müller &amp; Söhne</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>IG-7K3F-</Ustrd><Ustrd>QX9M-46</Ustrd></RmtInf></TxDtls><TxDtls>
<AmtDtls><TxAmt><Amt Ccy="EUR">89.00</Amt></TxAmt></AmtDtls>
<RltdPties><Dbtr><Nm>TacBit</Nm></Dbtr></RltdPties>
<RmtInf><Ustrd>IG-2222-2222-56</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">89.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2025-03-14T09:30:00</DtTm></BookgDt><AcctSvcrRef>B-72</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Haus</Nm></Cdtr></RltdPties></TxDtls></NtryDtls>
<AddtlNtryInf>Miete</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="EUR">121.94</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2025-03-31</Dt></BookgDt></Ntry>
<Ntry><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts>
<BookgDt><Dt>2025-04-01</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""

REVERSALS = """\
<?xml version='1.0'?>
<n:Document xmlns:n='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><n:BkToCstmrStmt>
<n:Stmt><n:Acct><n:Id><n:Othr><n:Id>4471-0099</n:Id></n:Othr></n:Id></n:Acct>
<n:Bal><n:Tp><n:CdOrPrtry><n:Cd>PRCD</n:Cd></n:CdOrPrtry></n:Tp>
<n:Amt Ccy='USD'>500</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd></n:Bal>
<n:Bal><n:Tp><n:CdOrPrtry><n:Cd>CLBD</n:Cd></n:CdOrPrtry></n:Tp>
<n:Amt Ccy='USD'>411.00</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd></n:Bal>
<n:Ntry><n:Amt Ccy='USD'>89.00</n:Amt><n:CdtDbtInd>DBIT</n:CdtDbtInd><n:RvslInd>true</n:RvslInd>
<n:Sts><n:Cd>BOOK</n:Cd></n:Sts><n:BookgDt><n:Dt>2025-03-03</n:Dt></n:BookgDt>
<n:NtryDtls><n:TxDtls><n:Refs><n:AcctSvcrRef>R-9</n:AcctSvcrRef>
<n:EndToEndId>IG-7K3F-QX9M-46</n:EndToEndId></n:Refs><n:RltdPties><n:Dbtr><n:Pty>
<n:Nm>Home G8</n:Nm></n:Pty></n:Dbtr></n:RltdPties></n:TxDtls></n:NtryDtls></n:Ntry></n:Stmt>
<n:Stmt><n:Acct><n:Id><n:Othr><n:Id>4471-0099</n:Id></n:Othr></n:Id></n:Acct>
<n:Bal><n:Tp><n:CdOrPrtry><n:Cd>OPBD</n:Cd></n:CdOrPrtry></n:Tp>
<n:Amt Ccy='USD'>411.00</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd></n:Bal>
<n:Bal><n:Tp><n:CdOrPrtry><n:Cd>CLBD</n:Cd></n:CdOrPrtry></n:Tp>
<n:Amt Ccy='USD'>611.25</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd></n:Bal>
<n:Ntry><n:Amt Ccy='USD'>200.25</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd><n:RvslInd>false</n:RvslInd>
<n:Sts><n:Cd>BOOK</n:Cd></n:Sts><n:ValDt><n:Dt>2025-03-04</n:Dt></n:ValDt>
<n:AcctSvcrRef>R-10</n:AcctSvcrRef><n:NtryDtls>
<n:TxDtls><n:Amt Ccy='USD'>210.25</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd>
<n:RmtInf><n:Strd><n:CdtrRefInf><n:Ref>RF18539007547034</n:Ref></n:CdtrRefInf></n:Strd></n:RmtInf>
</n:TxDtls><n:TxDtls><n:Amt Ccy='USD'>10.00</n:Amt><n:CdtDbtInd>DBIT</n:CdtDbtInd>
<n:AddtlTxInf>Fee</n:AddtlTxInf></n:TxDtls></n:NtryDtls></n:Ntry>
</n:Stmt></n:BkToCstmrStmt></n:Document>
"""
