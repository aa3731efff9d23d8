module kioskd/internal/oracle

go 1.26.0

require kioskd v0.0.0

require github.com/wechatpay-apiv3/wechatpay-go v0.2.21

replace kioskd => ../..
